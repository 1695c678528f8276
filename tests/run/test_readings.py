"""What runs share is read once."""

from pathlib import Path

from cityloop.run.readings import traffic_of
from cityloop.scenarios import load_scenario

from .crossing import write_crossing

TRIP = '<trip id="{name}" depart="0" departPos="{place}" from="wc" to="ce"/>'


def _source(folder: Path, trip: str):
    config = write_crossing(folder)
    (folder / "traffic.xml").write_text(f"<routes>{trip}</routes>")
    return load_scenario(str(config)).source


def test_traffic_is_read_for_every_seed_where_something_is_drawn(tmp_path):
    source = _source(tmp_path, TRIP.format(name="a", place="random"))
    first, again, other = (traffic_of(source, "crossing", seed) for seed in (1, 1, 2))
    assert again is first
    assert other.vehicles["depart_m"] != first.vehicles["depart_m"]
    assert traffic_of(source, "crossing", 1).vehicles["depart_m"] == first.vehicles["depart_m"]


def test_traffic_without_chance_is_read_once_until_its_file_changes(tmp_path):
    source = _source(tmp_path, TRIP.format(name="a", place="base"))
    first = traffic_of(source, "crossing", 1)
    assert traffic_of(source, "crossing", 2) is first
    source.route_paths[0].write_text(f"<routes>{TRIP.format(name='other', place='base')}</routes>")
    assert traffic_of(source, "crossing", 2).vehicles["vehicle_id"].tolist() == ["other"]
