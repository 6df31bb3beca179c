"""One image: decoding within limits, derivatives, thumbhash, perceptual hash, camera data.

Begin in `derivatives.py`.
"""
