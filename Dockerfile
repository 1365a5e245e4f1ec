# The broker's image: docker build -t holdfast .
# BASE_IMAGE brings Node 24 and npm, on Debian or whatever else runs them.
ARG BASE_IMAGE=docker.io/library/node:24-bookworm-slim

FROM ${BASE_IMAGE} AS dependencies
WORKDIR /holdfast
COPY package.json package-lock.json ./
COPY local/dependencies.mjs local/preparation.mjs local/
# A registry of your own, or one behind a proxy that signs for it:
# docker build --secret id=npmrc,src=$HOME/.npmrc --secret id=authorities,src=/etc/ssl/certs/ca-certificates.crt .
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=authorities \
    if [ -f /run/secrets/authorities ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/authorities; fi; \
    node local/dependencies.mjs

FROM dependencies AS build
COPY tsconfig.json ./
COPY local/bundle.mjs local/
COPY migrations migrations
COPY src src
RUN node node_modules/typescript/bin/tsc -p . && node local/bundle.mjs

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Holdfast" \
      org.opencontainers.image.description="A service broker for stateful services: clustered MongoDB on any Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
WORKDIR /holdfast
COPY package.json LICENSE ./
COPY catalog catalog
COPY --from=build /holdfast/dist/bundle dist/bundle
# What finds its own files from where it lies is no part of the bundle.
COPY --from=build /holdfast/node_modules/bcrypt node_modules/bcrypt
COPY --from=build /holdfast/node_modules/node-gyp-build node_modules/node-gyp-build
COPY --from=build /holdfast/node_modules/swagger-ui-dist node_modules/swagger-ui-dist
ENV NODE_ENV=production \
    HOLDFAST_HOST=0.0.0.0 \
    HOLDFAST_PORT=3000
# It writes nowhere: run it with a read-only root file system.
USER 65532:65532
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["node", "dist/bundle/health-check.js"]
# It handles SIGTERM itself, and starts no processes that it would have to reap.
CMD ["node", "dist/bundle/main.js"]
