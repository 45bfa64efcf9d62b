"""What training, evaluation and prediction share of TensorFlow: devices, inputs, model files."""
