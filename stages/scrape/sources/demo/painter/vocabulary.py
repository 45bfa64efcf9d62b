"""The classes that the painter can draw, by label.

They repeat those of the labels, and a test compares the two: if the painter imported the labels,
a new label would make the demo draw and fetch everything again.
"""

GENDERS = ("male", "female")
RACES = ("white", "black", "asian", "indian", "other")
EXPRESSIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
JOBS = (
    "actor",
    "athlete",
    "comedian",
    "model",
    "musician",
    "politician",
    "presenter",
    "representative",
    "senator",
)
LOOK_ALIKES = (
    "bear",
    "cat",
    "deer",
    "dinosaur",
    "dog",
    "fox",
    "hamster",
    "horse",
    "rabbit",
    "turtle",
    "wolf",
)
SHOWN = ("gender", "race", "job", "look_alike")  # what of a catalogue's row a portrait shows
