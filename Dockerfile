# The nightly retrain, for a machine that runs containers (worker/README.md, "Every night"). It needs CLOUDFLARE_API_TOKEN
# and CLOUDFLARE_ACCOUNT_ID; MARQUEE_DATA names a data set other than that of the model in service.
FROM node:24-slim
# libatomic1 is for the Node that the packages bring, the one that retrains: the image's own does without.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates libatomic1 && rm -rf /var/lib/apt/lists/*
WORKDIR /marquee
RUN chown node:node /marquee
USER node
COPY --chown=node:node . .
# npm builds the kernels, too.
RUN npm ci --omit=dev --omit=peer && npm cache clean --force
# Exit code 3: it kept the old version, which is no failure.
CMD ["sh", "-c", "npm run retrain -- --remote ${MARQUEE_DATA:+--data \"$MARQUEE_DATA\"} || [ $? -eq 3 ]"]
