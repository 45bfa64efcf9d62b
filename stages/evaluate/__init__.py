"""What is said about a model's answers: figures, tables, the gallery of mistakes."""
