"""From a picture to its objects: tiles, engines, suppression, seams and an account of every tile. Loads no torch."""

from cellwright.inference.answers import Answers
from cellwright.inference.around import AROUND_PX, look_around, view_around
from cellwright.inference.candidates import Boxes, Cut, best_boxes, calibrated
from cellwright.inference.coverage import Coverage, CoverageLedger, TileRecord, TileState
from cellwright.inference.crops import crop_box, crop_sides, mirrored_cut, name_crops, read_crop
from cellwright.inference.decoders import Candidates, Decoder, Frame, MapDecoder, decoder_of
from cellwright.inference.decoders.picture import NamedPicture
from cellwright.inference.detection import Detection, DetectOptions, Glance, TileResult, detect, refuse_scales
from cellwright.inference.engine import Engine, OpensEngine, StudyingEngine
from cellwright.inference.hardware import THREADS_VARIABLE, has_native_bf16, may_have_cuda, network_threads
from cellwright.inference.identity import object_ids
from cellwright.inference.predictor import DEVICES, Predictor, open_predictor
from cellwright.inference.runners import InlineRunner, Spent, ThreadRunner, TileRunner
from cellwright.inference.sample import detect_file, find_objects, record_sample
from cellwright.inference.seams import merge
from cellwright.inference.step import ModelSource, TileStep, close_slides, join_steps, plan_steps, run_steps
from cellwright.inference.suppression import NmsKind, Survivors, nms, warm
from cellwright.inference.tiles import Tile, plan_tiles
from cellwright.inference.view import FILL, View, plan_view, read_tile

__all__ = [
    "AROUND_PX",
    "DEVICES",
    "FILL",
    "THREADS_VARIABLE",
    "Answers",
    "Boxes",
    "Candidates",
    "Coverage",
    "CoverageLedger",
    "Cut",
    "Decoder",
    "DetectOptions",
    "Detection",
    "Engine",
    "Frame",
    "Glance",
    "InlineRunner",
    "MapDecoder",
    "ModelSource",
    "NamedPicture",
    "NmsKind",
    "OpensEngine",
    "Predictor",
    "Spent",
    "StudyingEngine",
    "Survivors",
    "ThreadRunner",
    "Tile",
    "TileRecord",
    "TileResult",
    "TileRunner",
    "TileState",
    "TileStep",
    "View",
    "best_boxes",
    "calibrated",
    "close_slides",
    "crop_box",
    "crop_sides",
    "decoder_of",
    "detect",
    "detect_file",
    "find_objects",
    "has_native_bf16",
    "join_steps",
    "look_around",
    "may_have_cuda",
    "merge",
    "mirrored_cut",
    "name_crops",
    "network_threads",
    "nms",
    "object_ids",
    "open_predictor",
    "plan_steps",
    "plan_tiles",
    "plan_view",
    "read_crop",
    "read_tile",
    "record_sample",
    "refuse_scales",
    "run_steps",
    "view_around",
    "warm",
]
