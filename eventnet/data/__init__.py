"""Data sets: handwritten digits (3,000 of them ship with the package), full MNIST, temporal MNIST, digits, gestures and
streets that event cameras saw, spoken digits as spikes, posts to two newsgroups, and videos."""

from eventnet.base import starting

if not starting.BARE:
    from eventnet.data.digits import Digits, digits, one_hot, scale_pixels
    from eventnet.data.dsec import dsec
    from eventnet.data.dvs_gesture import Gestures, GestureSamples, dvs_gesture
    from eventnet.data.idx import read_idx, read_images, read_labels
    from eventnet.data.mnist import mnist
    from eventnet.data.news import News, WordCounts, news, word_counts, words_of
    from eventnet.data.nmnist import EventDigits, nmnist
    from eventnet.data.shd import SpokenDigits, SpokenSamples, shd
    from eventnet.data.temporal import temporal, temporal_mnist, temporal_order
    from eventnet.data.video import Frame, VideoInfo, area_average, video_frames, video_info

__all__ = [
    "Digits",
    "EventDigits",
    "Frame",
    "GestureSamples",
    "Gestures",
    "News",
    "SpokenDigits",
    "SpokenSamples",
    "VideoInfo",
    "WordCounts",
    "area_average",
    "digits",
    "dsec",
    "dvs_gesture",
    "mnist",
    "news",
    "nmnist",
    "one_hot",
    "read_idx",
    "read_images",
    "read_labels",
    "scale_pixels",
    "shd",
    "temporal",
    "temporal_mnist",
    "temporal_order",
    "video_frames",
    "video_info",
    "word_counts",
    "words_of",
]
