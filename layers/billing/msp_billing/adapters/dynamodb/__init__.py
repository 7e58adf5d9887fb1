"""State in one DynamoDB table; keys and access patterns are in docs/data-model.md."""
