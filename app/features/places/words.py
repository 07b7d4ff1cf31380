"""What states, kinds of rooms and trades are called."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

STATES = {
    "idle": _l("Not planned"),
    "planned": _l("Planned"),
    "walking": _l("Being walked"),
    "defects": _l("Defects open"),
    "repaired": _l("Repaired"),
    "ready": _l("Ready for keys"),
    "handed_over": _l("Handed over"),
}
ROOM_KINDS = {
    "entrance": _l("Entrance"),
    "living": _l("Living room"),
    "bedroom": _l("Bedroom"),
    "kitchen": _l("Kitchen"),
    "bathroom": _l("Bathroom"),
    "balcony": _l("Balcony"),
    "corridor": _l("Corridor"),
    "utility": _l("Utility room"),
    "stairs": _l("Stairs"),
    "roof": _l("Roof or terrace"),
    "parking": _l("Storage or parking"),
    "unit": _l("Unit as a whole"),
}
TRADES = {
    "Doors": _l("Doors"),
    "ELV": _l("Low voltage"),
    "Plaster": _l("Plaster"),
    "Waterproofing": _l("Waterproofing"),
    "Painting": _l("Painting"),
    "Geometry": _l("Geometry"),
    "Structure": _l("Structure"),
    "Screed": _l("Screed"),
    "Tiling": _l("Tiling"),
    "Wood flooring": _l("Wood flooring"),
    "Windows": _l("Windows"),
    "Safety": _l("Safety"),
    "Drainage": _l("Drainage"),
    "External": _l("External walls"),
    "Plumbing": _l("Plumbing"),
    "Ventilation": _l("Ventilation"),
    "Gas": _l("Gas"),
    "Joinery": _l("Joinery"),
    "Appliances": _l("Appliances"),
    "Electrical": _l("Electrical"),
    "Sanitary": _l("Sanitary ware"),
    "Fire": _l("Fire protection"),
    "Heating": _l("Heating"),
    "Cooling": _l("Cooling"),
    "Ironmongery": _l("Ironmongery"),
    "General": _l("General"),
    "Lift": _l("Lift"),
    "Common area": _l("Common parts"),
    "Documents": _l("Documents"),
    "Contract": _l("Contract"),
}
