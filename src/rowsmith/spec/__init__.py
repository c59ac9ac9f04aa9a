"""Room spec: what a person wrote, checked and turned into objects."""
