/**
 * A report of the API as CSV, as it is, to be kept.
 *
 * @param path of the report, without the format. @param name of the file, without its ending.
 */
export const CsvLink = ({ path, name }: { path: string; name: string }) => (
  <a
    class="small"
    href={`${path}${path.includes('?') ? '&' : '?'}format=csv`}
    download={`${name}.csv`}
    aria-label={`Download CSV of ${name.replaceAll('-', ' ')}`}
  >
    Download CSV
  </a>
);
