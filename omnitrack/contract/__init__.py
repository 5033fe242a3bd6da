"""What flows on the topics, told to others: JSON Schemas, AsyncAPI, Avro. All made from the code."""
