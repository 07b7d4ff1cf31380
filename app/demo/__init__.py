"""The demo: an organisation with its people, suppliers and sixteen inspections, made by the real commands."""
