"""Data sets: handwritten digits (3,000 of them ship with the package), full MNIST, and posts to two newsgroups."""

from eventnet.data.digits import Digits, digits, one_hot, scale_pixels
from eventnet.data.idx import read_idx, read_images, read_labels
from eventnet.data.mnist import mnist
from eventnet.data.news import News, WordCounts, news, word_counts, words_of

__all__ = [
    "Digits",
    "News",
    "WordCounts",
    "digits",
    "mnist",
    "news",
    "one_hot",
    "read_idx",
    "read_images",
    "read_labels",
    "scale_pixels",
    "word_counts",
    "words_of",
]
