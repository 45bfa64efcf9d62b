"""The shard formats, each written and read by its own module; `batches` feeds Keras."""
