"""Frames a second of MediaPipe Pose (full, tracking) over the first frames of a clip, reading included."""

import sys
import time

import cv2
import mediapipe as mp

clip, frames = sys.argv[1], int(sys.argv[2])
capture = cv2.VideoCapture(clip)
with mp.solutions.pose.Pose(model_complexity=1) as pose:
    ok, picture = capture.read()
    pose.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))  # loads the models
    begin = time.monotonic()
    count = 0
    while count < frames:
        ok, picture = capture.read()
        if not ok:
            capture = cv2.VideoCapture(clip)
            continue
        pose.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
        count += 1
    print(count / (time.monotonic() - begin))
