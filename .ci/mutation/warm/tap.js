// What a file of tests gets when it imports tap: the test that stands for this run of the file.
export default globalThis.fileRun
