// One page without a server of its own; Grafana's packages expect these two names of Node.
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  define: { 'process.env': {}, global: 'globalThis' },
  esbuild: { jsx: 'automatic' },
  build: { target: 'esnext', chunkSizeWarningLimit: 20000, minify: false },
});
