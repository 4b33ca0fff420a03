/** Name of the metadata record that says what the run was. */
export const RUN_METADATA = "mnemosyne.run";
/** Name of the metadata record that says how the run ended. */
export const SUMMARY_METADATA = "mnemosyne.summary";
/** Name of the attachments that say where the messages lie, and what is small of each tick. */
export const INDEX_ATTACHMENT = "mnemosyne.index";
/** Version of what this room writes; a reader refuses others. */
export const LOG_FORMAT = "1";
