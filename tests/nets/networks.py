"""Small networks of every kind and option, and truths that they can learn from."""

import torch

from cellwright.nets import build
from cellwright.nets.truth import InstanceTruth, PictureInstances, PixelTruth, StarTruth

PLAIN = {"kind": "plain", "channels": [8, 12, 16]}
CLASSES = {"kind": "classes", "classes": 3}
MOBILE = {"kind": "mobilenet-v2-fpn", "fpn_channels": 16}


def unet(encoder=PLAIN, head=CLASSES, **decoder):
    return {"kind": "unet", "encoder": encoder, "decoder": {"channels": [12, 8], **decoder}, "head": head}


DENSE = {
    "nearest": unet(),
    "bilinear": unet(upsampling="bilinear", act="silu"),
    "transposed": unet(upsampling="transposed", convs=1),
    "added": unet(channels=[12, 10], join="add", convs=[2, 1]),
    "stars shuffled": unet({**PLAIN, "stem_stride": 4}, {"kind": "stars", "rays": 8, "grid": 2, "resize": "shuffle"}),
    "half stem": unet({**PLAIN, "stem_stride": 2, "convs": [1, 2, 1]}),
    "shuffled": unet({**PLAIN, "stem_stride": 2}, {**CLASSES, "resize": "shuffle"}),
    "to full size": unet({**PLAIN, "stem_stride": 2}, channels=[12, 8, 8]),
    "quarter stem": unet({**PLAIN, "stem_stride": 4}),
    "focal": unet(head={**CLASSES, "focal_gamma": 2.0, "class_weights": [0.5, 1, 2], "dice": 0.5}),
    "stars": unet(head={"kind": "stars", "rays": 8}),
    "stars on a grid": unet(
        {**PLAIN, "stem_stride": 2}, {"kind": "stars", "rays": 8, "grid": 2, "width": 16, "classes": 2}
    ),
    "stars below the top": unet(channels=[12], head={"kind": "stars", "rays": 8, "grid": 2, "distance": "relu"}),
    "stars with classes": unet(head={"kind": "stars", "rays": 8, "classes": 2, "distance_loss": "polar-iou"}),
    "mobilenet-v2": unet({"kind": "mobilenet-v2"}, channels=[16, 12, 8, 8], upsampling="bilinear"),
    "mobilenet-v3": unet({"kind": "mobilenet-v3-large"}, channels=[16, 12, 8, 8, 8]),
    "resnet": unet({"kind": "resnet", "variant": "resnet18"}, channels=[16, 12, 8, 8]),
    "segnet": {"kind": "segnet", "channels": [8, 12, 16], "convs": [2, 2, 1], "head": CLASSES},
    "fcn": {"kind": "fcn", "head": CLASSES},
}
SMALL = {"num_classes": 2, "backbone": MOBILE, "anchor_ratios": [1.0], "detections": 12}
ROIS = {**SMALL, "anchor_sizes": [[8], [16], [32], [64], [96]], "box_width": 32, "proposals": 40, "floor": 0.0}
DETECTORS = {
    "mask-rcnn": {"kind": "mask-rcnn", **ROIS, "mask_width": 16, "mask_convs": 1},
    "faster-rcnn": {"kind": "faster-rcnn", **ROIS, "backbone": {**MOBILE, "kind": "mobilenet-v3-large-fpn"}},
    "retinanet": {"kind": "retinanet", **SMALL, "head_groups": 4, "floor": 0.0},
}
SIZE = (64, 96)


def network(name):
    torch.manual_seed(0)
    return build({**DENSE, **DETECTORS}[name])


def dense_truth(name):
    """What is true of two random pictures of SIZE, in the type that the network wants."""
    head = DENSE[name]["head"]
    generator = torch.Generator().manual_seed(3)
    if head["kind"] == "classes":
        classes = torch.randint(-1, 3, (2, *SIZE), generator=generator)
        return PixelTruth(classes, torch.rand(2, *SIZE, generator=generator))
    h, w = (side // head.get("grid", 1) for side in SIZE)
    probability = (torch.rand(2, 1, h, w, generator=generator) - 0.5).clamp(min=0)
    distances = torch.rand(2, head["rays"], h, w, generator=generator) * 10 * (probability > 0)
    classes = torch.where(probability[:, 0] > 0, 1, -1) if head.get("classes", 0) > 1 else None
    return StarTruth(probability, distances, classes)


def instance_truth():
    """Two objects in the first picture of SIZE, none in the second."""
    masks = torch.zeros(2, *SIZE, dtype=torch.bool)
    masks[0, 10:30, 12:40] = True
    masks[1, 40:60, 50:80] = True
    boxes = torch.tensor([[12.0, 10, 40, 30], [50, 40, 80, 60]])
    some = PictureInstances(boxes, torch.tensor([0, 1]), masks)
    return InstanceTruth([some, PictureInstances(boxes[:0], torch.zeros(0, dtype=torch.long), masks[:0])])
