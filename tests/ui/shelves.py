"""A fake server with real folders of presets and wildcards, answered by the real code."""

from __future__ import annotations

from pathlib import Path

from sdtui.jobs.store import Store
from sdtui.prompt.expand.combinations import count
from sdtui.prompt.expand.draw import draw
from sdtui.prompt.expand.template import parse
from sdtui.server.presets import Files
from sdtui.spec.complaint import complaint_of
from sdtui.spec.event import FolderChanged
from sdtui.spec.verbs_prompts import Wildcards, WildcardsAnswer
from sdtui.spec.wildcard import Draws
from sdtui.workspace.paths import Workspace
from sdtui.workspace.presets import PresetFolder
from sdtui.workspace.wildcards import WildcardFolder
from tests.ui.fake import FakeClient, FakeServer


class ShelfClient(FakeClient):
    async def wildcards(self):
        await self._called("wildcards", ())
        return self._server.wildcard_folder.look().listing()

    async def draws(self, template, count_wanted=10, seed=0, **_):
        await self._called("draws", template)
        source = self._server.wildcard_folder.look()
        parsed = parse(template)
        texts = tuple(draw(parsed, source, seed + number).text for number in range(count_wanted))
        return Draws(texts=texts, total=count(parsed, source))


class ShelfServer(FakeServer):
    """`root` has presets/ and wildcards/, made if they are not there."""

    def __init__(self, root: Path, **changes: object) -> None:
        super().__init__(workspace=str(root / "w"), **changes)
        self.workspace = Workspace(root / "w", state_home=root / "state", socket_home=root / "s")
        for folder in (self.workspace.presets, self.workspace.wildcards):
            folder.mkdir(parents=True, exist_ok=True)
        self.wildcard_folder = WildcardFolder(self.workspace.wildcards)
        self.store = Store(self.workspace.make_state() / "queue.db")
        self.files = Files(
            workspace=self.workspace,
            store=self.store,
            presets=PresetFolder(self.workspace.presets, [self.workspace.root / "styles.csv"]),
            wildcards=self.wildcard_folder,
        )

    def preset(self, name: str, text: str) -> Path:
        path = self.workspace.presets / f"{name}.yaml"
        path.write_text(text)
        return path

    def wildcard(self, name: str, text: str) -> Path:
        path = self.workspace.wildcards / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def changes_outside(self, folder: str) -> None:
        self.happens(FolderChanged(folder=folder), transient=True)

    async def open(self, on_event, on_lost, *, start=True):
        await super().open(on_event, on_lost, start=start)
        return ShelfClient(self)

    async def answer(self, verb):
        if isinstance(verb, Wildcards):
            found = self.wildcard_folder.look()
            return WildcardsAnswer(wildcards=found.listing(), problems=tuple(map(complaint_of, found.problems)))
        return await self.files.answer(verb)
