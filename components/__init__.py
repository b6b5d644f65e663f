"""What the program sets up at AWS around the identity providers: authorizer, roles and policies, gateways, targets."""
