"""好差评: what people say of a finished case, and what the agency did about it."""
