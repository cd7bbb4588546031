"""COCO's own figures for the cases on standard input, as a JSON list of lists of ten numbers.

A case is {"annotations": COCO's annotation file, "results": COCO's list of results}.
"""

import contextlib
import io
import json
import sys

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def figures(annotations, results):
    """COCOeval's ten figures for keypoints; -1 where nobody is in the range."""
    truth = COCO()
    truth.dataset = annotations
    truth.createIndex()
    # loadRes cannot take an empty list.
    found = truth.loadRes(results) if results else COCO()
    if not results:
        found.dataset = {"images": annotations["images"], "annotations": [], "categories": annotations["categories"]}
        found.createIndex()
    evaluation = COCOeval(truth, found, "keypoints")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return np.asarray(evaluation.stats, dtype=float).tolist()


def main():
    cases = json.load(sys.stdin)
    with contextlib.redirect_stdout(io.StringIO()):
        answers = [figures(case["annotations"], case["results"]) for case in cases]
    json.dump(answers, sys.stdout)


main()
