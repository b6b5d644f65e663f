"""Stands in for AWS, an Auth0 tenant and an Okta org on the loopback interface, so that the program runs unchanged."""
