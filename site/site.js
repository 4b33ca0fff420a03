// The chapters of the left column stand open until the reader closes them.
for (const chapter of ["Begin", "How to", "Understand", "Look up"]) {
  const key = `tsd-accordion-${chapter}`;
  if (localStorage.getItem(key) === null) localStorage.setItem(key, "true");
}
