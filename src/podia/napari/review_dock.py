"""podia's dock beside a review in napari: suspects to walk through, save, apply and measure, train."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.qt.threading import create_worker
from qtpy.QtCore import QTimer
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QGridLayout, QGroupBox, QLabel, QListWidget, QPushButton, QVBoxLayout, QWidget

from podia.corrections.operations import Correction
from podia.corrections.suspects import Suspect
from podia.corrections.text import in_words
from podia.data.errors import PodiaError
from podia.napari.review import Review
from podia.results.results import Results

_PARTIAL = " Not every edit can be stored as a correction: check the result."


class ReviewDock:
    """A widget over a :class:`~podia.napari.review.Review`; its buttons are attributes, named after what they say."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self.suspects = QListWidget()
        self.suspects.currentRowChanged.connect(self._chosen)
        self.reason = _wrapped("")
        self.reason.setMinimumHeight(5 * self.reason.fontMetrics().lineSpacing())
        self.previous = _button("Previous", "Show the previous suspect", self._step(-1))
        self.next = _button("Next", "Show the next suspect", self._step(1))
        self.done = _button("Done", "Remove this suspect from the list, and show the next one", self._done)
        self.as_suggested = _button(
            "Do as suggested", "Apply the suggestion; Z undoes it", self._as_suggested
        )
        self.save = _button("Save", "Save the corrections in the analysis folder", self._save)
        self.apply = _button(
            "Apply and measure", "Save, and update masks, tracks, tables and report", self._apply
        )
        self.train = _button(
            "Train on what I corrected",
            "Copy the command that trains a network on corrected frames",
            self._train,
        )
        self.status = _wrapped("")
        self._saved: tuple[Correction, ...] = ()
        self.widget = self._layout()
        self._fill()

    def _layout(self) -> Any:
        walk = QGroupBox("Suspects")
        grid = QGridLayout(walk)
        grid.addWidget(self.suspects, 0, 0, 1, 3)
        grid.addWidget(self.reason, 1, 0, 1, 3)
        for column, button in enumerate((self.previous, self.next, self.done)):
            grid.addWidget(button, 2, column)
        grid.addWidget(self.as_suggested, 3, 0, 1, 3)
        corrections = QGroupBox("Corrections")
        column = QVBoxLayout(corrections)
        for widget in (self.save, self.apply, self.train):
            column.addWidget(widget)
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.addWidget(_wrapped(f"<b>{self.review.session.results.path.name}</b>"))
        rows.addWidget(walk)
        rows.addWidget(corrections)
        rows.addWidget(self.status)
        return whole

    @property
    def chosen(self) -> Suspect | None:
        """The suspect that is shown; None with an empty list."""
        row = self.suspects.currentRow()
        return self._listed[row] if 0 <= row < len(self._listed) else None

    def _fill(self) -> None:
        """List the suspects that remain."""
        self._listed = self.review.session.remaining
        self.suspects.blockSignals(True)
        self.suspects.clear()
        for one in self._listed:
            kind = one.kind.replace("_", " ")
            self.suspects.addItem(f"{kind}, frame {one.frame}, track {one.track} ({one.confidence:.2f})")
        self.suspects.blockSignals(False)
        self._describe()

    def _describe(self) -> None:
        suspect = self.chosen
        if suspect is None:
            self.reason.setText(
                "Choose a suspect, or press Next." if self._listed else "No suspects are left."
            )
        elif suspect.correction is None:
            self.reason.setText(suspect.reason)
        else:
            self.reason.setText(f"{suspect.reason} Suggested: {in_words(suspect.correction)}.")
        self.as_suggested.setEnabled(suspect is not None and suspect.correction is not None)
        self.done.setEnabled(suspect is not None)

    def _chosen(self, _row: int) -> None:
        self._describe()
        if self.chosen is not None:
            self.review.look_at(self.chosen)

    def _step(self, by: int) -> Callable[[], None]:
        def step() -> None:
            if self._listed:
                row = max(self.suspects.currentRow(), -1 if by > 0 else 0)
                self.suspects.setCurrentRow((row + by) % len(self._listed))

        return step

    def _done(self) -> None:
        suspect, row = self.chosen, self.suspects.currentRow()
        if suspect is not None:
            self.review.session.mark_done(suspect)
            self._fill()
            self.suspects.setCurrentRow(min(row, len(self._listed) - 1))

    def _as_suggested(self) -> None:
        suspect = self.chosen
        if suspect is None:
            return
        try:
            self.review.do_as_suggested(suspect)
        except PodiaError as error:
            self.status.setText(str(error))
            return
        # The view stays where it is, so that the result can be looked at.
        self.review.session.mark_done(suspect)
        self._fill()
        self.status.setText("Suggestion applied. Z undoes it.")

    def _save(self) -> bool:
        try:
            found = self.review.save()
        except PodiaError as error:
            self.status.setText(str(error))
            return False
        self._saved = found.corrections
        count = len(found.corrections)
        said = (
            f"{count} correction{'s' if count != 1 else ''} saved, not applied yet."
            if count
            else "No corrections."
        )
        self.status.setText(said if found.complete else said + _PARTIAL)
        return True

    def _apply(self) -> None:
        if not self._save():
            return
        self._enable(False)
        self.status.setText("Applying and measuring ...")
        self.worker = create_worker(self.review.session.measure)
        self.worker.returned.connect(self._measured)
        self.worker.errored.connect(self._failed)
        self.worker.start()

    def _measured(self, results: Results) -> None:
        self._enable(True)
        if self.review.editable.differences().corrections != self._saved:
            self.status.setText("You made edits while podia was measuring. Apply again to include them.")
            return
        self.review.show_measured(results)
        self._fill()
        words = results.tracking.words()
        self.status.setText(f"Measured: {words}. Tables and report are up to date.")

    def _failed(self, error: Exception) -> None:
        self._enable(True)
        self.status.setText(str(error))

    def _train(self) -> None:
        command = self.review.session.training_command()
        QGuiApplication.clipboard().setText(command)
        self.status.setText(f"Copied. Run it in a terminal:<br><code>{command}</code>")

    def _enable(self, enabled: bool) -> None:
        for button in (self.save, self.apply, self.train, self.as_suggested):
            button.setEnabled(enabled)


def _button(text: str, tip: str, action: Callable[[], Any]) -> Any:
    button = QPushButton(text)
    button.setToolTip(tip)
    # After the click is over: what the button does may rebuild widgets.
    button.clicked.connect(lambda: QTimer.singleShot(0, action))
    return button


def _wrapped(text: str) -> Any:
    label = QLabel(text)
    label.setWordWrap(True)
    return label
