"""Stage `evaluate`: figures, tables and the gallery of mistakes of a trained model."""
