"""Recording spoken answers from a notebook: sound goes from the browser to a file, nowhere else.

The kernel never has the sound. It is told when recording began, so that a transcript can name the
place of each answer in the file.
"""

from __future__ import annotations

from collections.abc import Callable

from ipywidgets import HTML, Button, HBox, Layout
from ipywidgets import Text as Line

from prodgen_lib.checking.language import Text

RECORD = Text("Record my answers", "录下我的回答")
STOP = Text("Stop and save the recording", "停止并保存录音")
SAVED = Text("Saved in your downloads: {}", "已保存到下载文件夹：{}")
REFUSED = Text("Nothing is recorded: {}", "没有录音：{}")
BEGUN, DONE = "begun", "done "
# The button is the browser's: a click asks for the microphone, another one saves. What became of
# it is written into a hidden line, which the kernel reads. A bare `URL` is the document's here.
SCRIPT = """
const box = this.closest('.prodgen-recorder');
if (box && !box.dataset.wired) {
  box.dataset.wired = 'true';
  let running = null;
  const tell = words => { const line = box.querySelector('.prodgen-recorded input');
    line.value = words; line.dispatchEvent(new Event('input', {bubbles: true}));
    line.dispatchEvent(new Event('change', {bubbles: true})); };
  const save = parts => {
    const name = 'interview-' + new Date().toISOString().slice(0, 16).replace(/[T:]/g, '-');
    const link = document.createElement('a');
    const sound = new Blob(parts, {type: parts[0] ? parts[0].type : 'audio/webm'});
    link.download = name + (sound.type.includes('mp4') ? '.m4a' : '.webm');
    link.href = window.URL.createObjectURL(sound);
    link.click();
    setTimeout(() => window.URL.revokeObjectURL(link.href), 60000);
    tell('done ' + link.download); };
  box.querySelector('.prodgen-record').addEventListener('click', async () => {
    if (running) { running.stop(); return; }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({audio: true});
      const parts = [];
      running = new MediaRecorder(stream);
      running.ondataavailable = event => { if (event.data.size) parts.push(event.data); };
      running.onstop = () => { stream.getTracks().forEach(track => track.stop());
        running = null; save(parts); };
      running.onstart = () => tell('begun');
      running.start(1000);
    } catch (error) { running = null; tell('no ' + error.name); }
  });
}
"""


class Recorder:
    """A button that records and saves; `since` is the clock's time when recording began, or None.

    `clock` is the interview's own.
    """

    def __init__(self, clock: Callable[[], float], language: str):
        self.clock, self.since, self.language = clock, None, language
        self.button = Button(layout=Layout(width="auto"))
        self.button.add_class("prodgen-record")
        self.line, self.told = Line(layout=Layout(display="none")), HTML()
        self.line.add_class("prodgen-recorded")
        self.line.observe(lambda change: self.hear(change["new"]), names="value")
        script = " ".join(SCRIPT.split()).replace("&", "&amp;").replace('"', "&quot;")
        start = HTML(f'<img src="data:," alt="" hidden onerror="{script}">')
        start.layout.height = start.layout.margin = "0"
        self.box = HBox([self.button, self.line, self.told, start])
        self.box.add_class("prodgen-recorder")
        self.name(language)

    def name(self, language: str) -> None:
        """Put the language on the button."""
        self.language = language
        self.button.description = (STOP if self.since is not None else RECORD).in_(language)

    def hear(self, words: str) -> None:
        """What became of it in the browser."""
        told = ""
        if words == BEGUN:
            self.since = self.clock()
        elif words:
            self.since = None
            saved = words.startswith(DONE)
            told = (SAVED if saved else REFUSED).in_(self.language).format(words.partition(" ")[2])
        self.told.value = f'<p role="status" lang="{self.language}">{told}</p>' if told else ""
        self.name(self.language)

    def place(self, moment: float) -> float | None:
        """The second of the recording at this time of the clock; None where nothing is recorded."""
        return None if self.since is None else max(0.0, moment - self.since)
