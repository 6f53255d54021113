"""The site's own words, in both languages."""

from __future__ import annotations

from pathlib import Path

from prodgen_lib.checking.language import Text
from prodgen_lib.course.chapter import Chapter, chapter_files
from prodgen_lib.course.chinese import chapter_in, chinese_path

TOPICS = {
    "overview": Text("Overview", "概览"),
    "augment": Text("Data augmentation", "数据增强"),
    "metrics": Text("Image-quality metrics", "图像质量指标"),
    "human": Text("Human judgement", "人工评价"),
    "autoencoder": Text("Autoencoders", "自编码器"),
    "vae": Text("Variational autoencoders", "变分自编码器"),
    "gan": Text("Generative adversarial networks", "生成对抗网络"),
    "cgan": Text("Conditional GANs", "条件 GAN"),
    "superres": Text("Super-resolution", "超分辨率"),
    "style": Text("Style transfer", "风格迁移"),
    "bayesopt": Text("Bayesian optimisation", "贝叶斯优化"),
    "diffusion": Text("Diffusion models", "扩散模型"),
    "tokens": Text("Visual tokens", "视觉词元"),
}


def topic_title(topic: str) -> Text:
    """What a topic is called; one that is not known here goes by its own name."""
    return TOPICS.get(topic, Text(topic.capitalize(), topic))


def numbered(stem: str) -> Text:
    """``06_gan`` as a title: *6 Generative adversarial networks*."""
    number, _, topic = stem.partition("_")
    title = topic_title(topic)
    return Text(f"{int(number)} {title.en}", f"{int(number)} {title.zh}")


def chapters(root: Path, language: str = "en") -> list[Chapter]:
    """The chapters that have a page: those with a number; in Chinese those that have it."""
    found = [chapter_in(path, language) for path in chapter_files(root) if path.stem[0].isdigit()]
    return [one for one in found if language == "en" or chinese_path(one).exists()]


def chapter_title(chapter: Chapter) -> str:
    number = f"{int(chapter.number)} " if int(chapter.number) else ""
    return f"{number}{chapter.title}"
