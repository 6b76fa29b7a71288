"""Training: the catalogue of programmes, their classes, who attends them and who completes them."""
