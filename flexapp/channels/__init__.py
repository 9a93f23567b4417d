"""Where residents come in: the registry of channels (渠道), their QR codes and landing pages."""
