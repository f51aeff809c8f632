"""How the product speaks HTTP: strict JSON in, exact JSON out, every error as problem+json. No model, no rule."""
