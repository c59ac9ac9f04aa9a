"""What flows along the links of a database: one file a measure."""
