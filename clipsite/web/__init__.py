"""The pages, a folder a subject; what pages and API share stands in `access/` and `site/`.

Begin in `urls.py`. Views read a request, call one function of `search` or `workers`, and render.
"""
