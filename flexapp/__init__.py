"""The phone service for flexible-employment pension insurance in Ningxia."""
