"""What training, evaluation and prediction share: devices, inputs and model files."""
