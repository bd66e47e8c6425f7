"""Labels and records of touching cells, stored by the track step for later steps."""

from __future__ import annotations

from dataclasses import asdict

from podia.data.contacts import ContactRecord
from podia.files.json_file import read_json, write_json
from podia.pipeline.job import Job
from podia.tracking.follow import TrackingResult

_RECORDS = "contacts.json"


def store_contacts(job: Job, followed: TrackingResult) -> None:
    """Store the frames whose labels changed, and the records of contacts."""
    store = job.cells.contact_store
    for frame in followed.changed_frames:
        store.write(frame, followed.labels.frame(frame))
    folder = job.folder.work_of("track")
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / _RECORDS, {"contacts": [asdict(record) for record in followed.contacts]})


def stored_contacts(job: Job) -> tuple[ContactRecord, ...]:
    """Return the records that the track step stored; none for a folder without them."""
    stored = read_json(job.folder.work_of("track") / _RECORDS) or {"contacts": []}
    return tuple(ContactRecord(**record) for record in stored["contacts"])
