"""Web service for pension insurance of flexibly employed people (灵活就业人员) in Ningxia."""
