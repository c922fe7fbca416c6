"""The price lists that ship, as TOML files; `eventnet.pricing` reads them."""
