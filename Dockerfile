# The nightly retrain, for a machine that runs containers (worker/OPERATIONS.md, "Every night"). It needs CLOUDFLARE_API_TOKEN
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
# exec: the command is the process that gets SIGTERM, at which it gives back its right to retrain.
CMD ["sh", "-c", "exec node_modules/.bin/node scripts/retrain.ts --remote --kept-is-fine ${MARQUEE_DATA:+--data \"$MARQUEE_DATA\"}"]
