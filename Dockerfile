# The relay as an image for amd64 and arm64: Node, the libraries it needs, the sources, nothing else. No shell, no
# package manager, no user but 10001. docs/kubernetes.md says how it is run.
#
#   docker build -t sluice .
#   docker run --read-only --user 10001 --cap-drop ALL -p 5223:5223 -e SLUICE_HOST=relay.example.org sluice

# any Debian image with Node 24 and npm; its Node and C library are what the result has
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && npm sbom --package-lock-only --omit=dev --sbom-format=cyclonedx >sbom.cdx.json
COPY image/prune.js /image/
RUN node /image/prune.js /app/node_modules

# The file system of the result is put together here, as the result itself can run nothing but Node.
FROM ${NODE_IMAGE} AS assembly
COPY image/root.js /image/
RUN node /image/root.js /root-fs && mkdir /data
COPY --from=dependencies /app /root-fs/app
COPY bin /root-fs/app/bin
COPY src /root-fs/app/src
COPY image/health.js LICENSE /root-fs/app/

FROM scratch AS bare
COPY --from=assembly /root-fs /
COPY --from=assembly --chown=10001:10001 /data /data
WORKDIR /app
# the user's number is a part of where Node looks for compiled code
USER 10001:10001
ENV PATH=/usr/local/bin \
    NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/.compiled \
    SLUICE_DATA_DIR=/data

# Compiles what a start needs, and shows that this image can start and deliver a message.
FROM bare AS warm
COPY image/warm.js /image/
RUN ["node", "/image/warm.js", "/tmp/compiled"]

FROM bare
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Sluice" \
      org.opencontainers.image.description="A SimpleX Messaging Protocol (SMP) relay built to run as a cluster" \
      org.opencontainers.image.licenses="AGPL-3.0-only" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=warm /tmp/compiled /app/.compiled
# the identity of a relay that is run by itself; clusters mount theirs
VOLUME /data
EXPOSE 5223 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "/app/health.js"]
# Node itself is process 1 and gets the signals
ENTRYPOINT ["node", "/app/bin/sluice.js"]
CMD ["start"]
