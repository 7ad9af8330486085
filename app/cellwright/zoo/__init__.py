"""Model folders: cards, weights, samples, where they stand and whether they are whole. Importing it loads no torch."""

from cellwright.zoo.card import (
    CARD_FILE,
    Calibration,
    InputContract,
    ModelCard,
    ObjectClass,
    Sample,
    Thresholds,
    Training,
    WeightsFile,
    load_card,
    save_card,
)
from cellwright.zoo.check import FindObjects, verify
from cellwright.zoo.decoding import (
    TASK_OF,
    BoxDecoding,
    ClassDecoding,
    Decoding,
    RegionDecoding,
    StarDecoding,
    Task,
    TouchingDecoding,
)
from cellwright.zoo.sample import ExpectedObject, ExpectedObjects, read_expected, sample_problems, write_expected
from cellwright.zoo.scores import ClassMetrics, Metrics, Reliability, score_title
from cellwright.zoo.shelf import MODELS_VARIABLE, ListedModel, find_model, list_models, model_dirs, user_models_dir
from cellwright.zoo.weights import file_sha256, load_network, weights_problem, write_model

__all__ = [
    "CARD_FILE",
    "MODELS_VARIABLE",
    "TASK_OF",
    "BoxDecoding",
    "Calibration",
    "ClassDecoding",
    "ClassMetrics",
    "Decoding",
    "ExpectedObject",
    "ExpectedObjects",
    "FindObjects",
    "InputContract",
    "ListedModel",
    "Metrics",
    "ModelCard",
    "ObjectClass",
    "RegionDecoding",
    "Reliability",
    "Sample",
    "StarDecoding",
    "Task",
    "Thresholds",
    "TouchingDecoding",
    "Training",
    "WeightsFile",
    "file_sha256",
    "find_model",
    "list_models",
    "load_card",
    "load_network",
    "model_dirs",
    "read_expected",
    "sample_problems",
    "save_card",
    "score_title",
    "user_models_dir",
    "verify",
    "weights_problem",
    "write_expected",
    "write_model",
]
