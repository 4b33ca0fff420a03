/** One file of a published set. */
export type DigitFile = {
  /** As published, packed by gzip. */
  readonly name: string;
  /** MD5 of the unpacked file; packed ones differ from mirror to mirror. */
  readonly md5: string;
};

/** A published set of digits or clothes: where it comes from and how to know its files. */
export type DigitSource = {
  readonly title: string;
  /** Addresses to try in this order, the publisher's first, then mirrors; a file's name is appended. */
  readonly addresses: readonly string[];
  readonly files: Readonly<
    Record<"train" | "test", { readonly images: DigitFile; readonly labels: DigitFile }>
  >;
};

const file = (name: string, md5: string): DigitFile => ({ name: `${name}-ubyte.gz`, md5 });

/** The sets that can be read by name, from folders of the same name. */
export const DIGIT_SOURCES: Readonly<Record<string, DigitSource>> = {
  mnist: {
    title: "MNIST, 70,000 handwritten digits (LeCun, Cortes, Burges)",
    // The publisher's server has refused most visitors for years.
    addresses: [
      "http://yann.lecun.com/exdb/mnist/",
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    files: {
      train: {
        images: file("train-images-idx3", "6bbc9ace898e44ae57da46a324031adb"),
        labels: file("train-labels-idx1", "a25bea736e30d166cdddb491f175f624"),
      },
      test: {
        images: file("t10k-images-idx3", "2646ac647ad5339dbf082846283269ea"),
        labels: file("t10k-labels-idx1", "27ae3e4e09519cfbb04c329615203637"),
      },
    },
  },
  "fashion-mnist": {
    title: "Fashion-MNIST, 70,000 pieces of clothing (Zalando Research)",
    addresses: [
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
    files: {
      train: {
        images: file("train-images-idx3", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
        labels: file("train-labels-idx1", "9018921c3c673c538a1fc5bad174d6f9"),
      },
      test: {
        images: file("t10k-images-idx3", "8181f5470baa50b63fa0f6fddb340f0a"),
        labels: file("t10k-labels-idx1", "15d484375f8d13e6eb1aabb0c3f46965"),
      },
    },
  },
};
