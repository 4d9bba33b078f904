/** Facts about card numbers. Pure; imports nothing from outside this folder. */
export {
  type Brand,
  type BrandInfo,
  type BrandMatch,
  brandInfo,
  brandOf,
  brands,
  candidatesOf,
  groupingOf,
  type Tier,
} from './brands.ts'
export { luhn } from './luhn.ts'
export { isTestNumber } from './test-numbers.ts'
