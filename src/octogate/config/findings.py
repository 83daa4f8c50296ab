"""Collects what the checks between the parts of a configuration find."""

from pathlib import Path as FilePath

from octogate.config.faults import ConfigFault, Path, nearest
from octogate.config.source import Document


class Findings:
    """Collects what the checks find. A part of the file that already has a fault gets no second one."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[ConfigFault] = []
        self.warnings: list[ConfigFault] = []

    def fault(self, path: Path, message: str, *, allowed: tuple[str, ...] = (), suggestion: str | None = None) -> None:
        """Something that stops the start."""
        if path not in self.document.faulty:
            self.faults.append(self.document.fault(path, message, allowed=allowed, suggestion=suggestion))

    def warn(self, path: Path, message: str) -> None:
        """Something that an operator should know."""
        self.warnings.append(self.document.fault(path, message))

    def unknown(self, path: Path, what: str, name: str, *sections: str) -> None:
        """A reference to something that none of `sections` has. Says nothing when a section could not be read."""
        if any((section,) in self.document.faulty for section in sections):
            return
        names = tuple(known for section in sections for known in self.names(section))
        message = f"there is no {what} {self.document.quote(path, name)}"
        self.fault(path, message, allowed=names[:20], suggestion=nearest(name, names))

    def readable(self, path: Path, name: str | None) -> None:
        """A file that must exist and that this process may read."""
        if name is None:
            return
        try:
            with FilePath(name).open("rb"):
                pass
        except OSError as error:
            self.fault(path, f"the file cannot be read: {(error.strerror or 'unknown reason').lower()}")

    def names(self, section: str) -> tuple[str, ...]:
        """The names that the file gives in a section, faulty entries included: they exist, they are only wrong."""
        value = self.document.value((section,))
        return tuple(value) if isinstance(value, dict) else ()
