"""The picture of the selected job, painted in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdtui.ui.text import one_line
from sdtui.ui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from sdtui.ui.showing.easel import Laid


class PreviewPane(Canvas, can_focus=True):
    """A canvas whose caption is in its border, or, without a picture, in its middle."""

    def __init__(self) -> None:
        super().__init__(id="preview")
        self.border_title = "5 Preview"

    def entitle(self, laid: Laid) -> bool:
        """The caption comes with the picture, because what is drawn past Textual is drawn again with the border."""
        title = one_line(self._sentence) if laid.painting.size.width_cells else ""
        if title == (self.border_subtitle or ""):
            return False
        self.border_subtitle = title
        return True
