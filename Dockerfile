# One image for every role: `docker-compose.yml` gives each service its command.
FROM python:3.11-slim-bookworm

# cpu or gpu: which FAISS package goes in. torch brings its CUDA libraries either way, so encoding uses a GPU in both.
ARG FAISS=cpu

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    CLIPSITE_DATA_DIR=/data \
    HF_HOME=/data/hub \
    NUMBA_CACHE_DIR=/data/numba \
    CLIPSITE_HOST=0.0.0.0

# tini passes signals on and collects what the workers' pools leave behind; libgomp is what FAISS computes with.
# Their versions are Debian's to choose: a pinned one is gone from the mirrors with the next security update.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin clipsite \
    && install --directory --owner=clipsite /data

WORKDIR /app
# What is needed before the code: this layer is built again only when the pins change.
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY clipsite/__init__.py clipsite/
COPY search/encoders/starter/imagenet_tree.LICENSE search/encoders/
RUN mkdir workers templates static deploy \
    && touch search/__init__.py workers/__init__.py \
    && pip install --constraint constraints.txt --editable ".[${FAISS},milvus,s3]"
COPY manage.py ./
COPY clipsite clipsite
COPY search search
COPY workers workers
COPY templates templates
COPY static static
RUN python -m compileall -q clipsite search workers

# By its number, so that Kubernetes can tell that it is not root.
USER 10001
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["tini", "--"]
CMD ["python", "manage.py", "up"]
