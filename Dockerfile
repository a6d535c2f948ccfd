# Three stages: build the bundle, keep only what it needs, run it as nobody.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc build.mjs tsconfig.json ./
# The bundle is built below, from sources that are not here yet.
RUN npm ci --ignore-scripts
COPY src src
COPY handlers handlers
RUN node build.mjs && rm dist/*.map dist/inputs.json

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
COPY profiles profiles
COPY migrations migrations
COPY --from=build /app/dist dist
USER node
EXPOSE 8080 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/headroom.js"]
CMD ["serve"]
