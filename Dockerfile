# The image for those who have Docker: `docker build -t switchyard .`. scripts/image.ts puts the root
# file system together, as it does without Docker; only what a container runtime is told is repeated
# here, and a test compares it with scripts/image/contents.ts.
FROM node:24.21.0-bookworm-slim AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates conntrack iptables netbase nftables \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node scripts/image.ts --root /root-of-image

FROM scratch
COPY --from=build /root-of-image /
ENV PATH=/usr/local/bin:/usr/sbin NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=8
USER 0:0
WORKDIR /
ENTRYPOINT ["/usr/local/bin/switchyard"]
LABEL org.opencontainers.image.title="switchyard" \
  org.opencontainers.image.description="A per-node Kubernetes service proxy: by nftables, iptables or in userspace." \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="Apache-2.0"
