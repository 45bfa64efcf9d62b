"""The networks that can be trained, one module each; its name is the model's."""
