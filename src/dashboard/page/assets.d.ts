/** What the bundler makes a file of its own of: imported, it is its address. */
declare module '*.svg' {
  const address: string;
  export default address;
}
declare module '*.css';
/** Parts of the chart library, by names that the bundler knows. */
declare module 'echarts-*' {
  type Part = Parameters<typeof import('echarts/core').use>[0];
  export const install: Exclude<Part, readonly unknown[]>;
}
